// A page of anybody's: it loads embed.js for the element, and watch.js for bare pictures.
const { watch } = await import(new URL("watch.js", document.baseURI).href);

const byId = (id) => document.getElementById(id);
const player = byId("player");
const events = byId("events");
let watched;

function log(text) {
  const line = document.createElement("li");
  line.textContent = text;
  events.append(line);
  line.scrollIntoView({ block: "nearest" });
}

player.addEventListener("statechange", ({ detail }) => {
  log(`statechange: ${detail.state}${detail.message === "" ? "" : `, ${detail.message}`}`);
});
player.addEventListener("error", ({ detail }) => log(`error: ${detail.code}, ${detail.message}`));
player.addEventListener("stats", ({ detail }) => {
  const known = Object.entries(detail).filter(([, value]) => value !== null);
  byId("stats").replaceChildren(...known.flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = typeof value === "number" ? String(Math.round(value * 10) / 10) : value;
    return [term, text];
  }));
});

byId("play").addEventListener("click", () => player.play());
byId("pause").addEventListener("click", () => player.pause());
byId("remove").addEventListener("click", () => player.remove());
byId("fullscreen").addEventListener("click", () => player.requestFullscreen());
byId("fit").addEventListener("change", ({ target }) => player.fit = target.value);
byId("capture").addEventListener("click", async () => {
  const picture = byId("captured");
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(await player.capture());
  picture.hidden = false;
});

function show(stream) {
  const url = new URL(`ws/${encodeURIComponent(stream)}`, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  player.src = url.href;
  const canvas = byId("drawn");
  watched?.close();
  watched = watch(url, {
    onPicture({ image, widthPx, heightPx }) {
      if (canvas.width !== widthPx || canvas.height !== heightPx) {
        canvas.width = widthPx;
        canvas.height = heightPx;
      }
      canvas.getContext("2d").drawImage(image, 0, 0, widthPx, heightPx);
    },
    onState: (state, cause) => log(`watch(): ${state}${cause === "" ? "" : `, ${cause}`}`),
  });
  const base = new URL(".", document.baseURI).href;
  byId("snippet").textContent = `<script type="module" src="${base}embed.js"></script>
<porthole-player src="${url}" controls muted></porthole-player>`;
}

async function firstStream() {
  try {
    const { streams } = await (await fetch("api/streams")).json();
    return streams[0]?.id ?? "default";
  } catch {
    return "default"; // the player says what is the matter
  }
}

byId("choice").addEventListener("submit", (event) => {
  event.preventDefault();
  show(byId("stream").value);
});

const named = new URLSearchParams(location.search).get("stream");
const stream = named ?? await firstStream();
byId("stream").value = stream;
show(stream);
