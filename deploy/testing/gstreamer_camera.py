"""An RTSP camera by gst-rtsp-server, for tests: see gstreamer_camera.ts, which starts it.

Takes one argument, the camera as JSON; prints "listening on PORT" once it does.
"""

import json
import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
except (ImportError, ValueError) as error:
    sys.exit(f"missing: {error}; on Debian: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0")

PACKAGE_OF_ELEMENT = {
    "compositor": "gstreamer1.0-plugins-base",
    "videotestsrc": "gstreamer1.0-plugins-base",
    "videoconvert": "gstreamer1.0-plugins-base",
    "jpegenc": "gstreamer1.0-plugins-good",
    "rtph264pay": "gstreamer1.0-plugins-good",
    "rtph265pay": "gstreamer1.0-plugins-good",
    "rtpjpegpay": "gstreamer1.0-plugins-good",
    "x264enc": "gstreamer1.0-plugins-ugly",
    "x265enc": "gstreamer1.0-plugins-bad",
}
BALL_HEIGHT_PX = 32
ROLE = "viewer"


def encoder(camera):
    """The launch lines from raw pictures to RTP; a keyframe a second, no delay."""
    fps = camera["fps"]
    kbps = camera["bitrateKbps"]
    if camera["codec"] == "h264":
        return (
            f"x264enc tune=zerolatency speed-preset=ultrafast bframes=0 key-int-max={fps} "
            f"bitrate={kbps} threads=1 "
            f"option-string=slices={camera['slices']}:sliced-threads=0:scenecut=0 "
            "! video/x-h264,profile=constrained-baseline ! rtph264pay name=pay0 pt=96"
        )
    if camera["codec"] == "h265":
        return (
            f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max={fps} bitrate={kbps} "
            "option-string=pools=1:frame-threads=1:log-level=error ! rtph265pay name=pay0 pt=96"
        )
    return "jpegenc quality=85 ! rtpjpegpay name=pay0 pt=26"


def picture(camera):
    """Four flat quadrants, and a ball that bounces in a strip at the bottom."""
    width, height = camera["widthPx"], camera["heightPx"]
    # JPEG is BT.601, full range (JFIF). From RGB, for videoconvert leaves a YUV range as it is.
    is_jpeg = camera["codec"] == "mjpeg"
    painted = "format=BGRx" if is_jpeg else "format=I420,colorimetry=bt709"
    encoded = "format=I420,colorimetry=" + ("(string)1:4:0:0" if is_jpeg else "bt709")

    def source(pad, properties, width_px, height_px):
        return (
            f"videotestsrc is-live=true {properties} ! "
            f"video/x-raw,{painted},width={width_px},height={height_px},"
            f"framerate={camera['fps']}/1 ! mix.sink_{pad} "
        )

    half_width, half_height = width // 2, height // 2
    corners = [(0, 0), (half_width, 0), (0, half_height), (half_width, half_height)]
    ball_y = height - BALL_HEIGHT_PX
    positions = [*corners, (0, ball_y)]
    pads = " ".join(
        f"sink_{pad}::xpos={x} sink_{pad}::ypos={y}" for pad, (x, y) in enumerate(positions)
    )
    solid = "pattern=solid-color foreground-color"
    sources = "".join(
        source(pad, f"{solid}={0xFF000000 + colour}", half_width, half_height)
        for pad, colour in enumerate(camera["quadrants"])
    )
    return (
        f"compositor name=mix background=black {pads} ! "
        f"video/x-raw,{painted},width={width},height={height} ! "
        f"videoconvert ! video/x-raw,{encoded} ! {encoder(camera)} "
        f"{sources}{source(4, 'pattern=ball', width, BALL_HEIGHT_PX)}"
    )


def check_elements(launch):
    for element, package in PACKAGE_OF_ELEMENT.items():
        if f"{element} " in launch and Gst.ElementFactory.find(element) is None:
            sys.exit(f"missing: GStreamer's {element}; on Debian: apt-get install {package}")


def protect(server, factory, camera):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if camera["auth"] == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(camera["user"], camera["password"], token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        basic = GstRtspServer.RTSPAuth.make_basic(camera["user"], camera["password"])
        auth.add_basic(basic, token)
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role(ROLE, permission, True)
    factory.set_permissions(permissions)
    server.set_auth(auth)


def main():
    camera = json.loads(sys.argv[1])
    Gst.init(None)
    launch = picture(camera)
    check_elements(launch)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(camera["port"]))
    if camera["auth"] != "none":
        protect(server, factory, camera)
    server.get_mount_points().add_factory("/camera", factory)
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on 127.0.0.1:{camera['port']}")
    print(f"listening on {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


main()
