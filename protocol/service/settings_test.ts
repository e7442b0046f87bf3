import assert from "node:assert/strict";
import process from "node:process";
import {
  environmentNames,
  integer,
  loadDotEnv,
  matching,
  oneOf,
  optionalSecret,
  readEnvironment,
  readSettings,
  SettingsError,
} from "./settings.ts";

const SETTINGS = {
  CAMERA_URL: {
    ...matching(undefined, /^rtsps?:\/\/\S+$/, "an rtsp:// or rtsps:// URL"),
    show: (given: string) => given.replace(/\/\/.*@/, "//***@"),
  },
  STREAM_ID: matching("default", /^[a-z]+$/, "small letters"),
  FPS: integer(30, 1, 60),
  CODEC: oneOf("auto", ["auto", "h264", "jpeg"]),
  TOKEN: optionalSecret(),
};
const CAMERA_URL = "rtsp://cam/1";

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readSettings(SETTINGS, env);
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.problems;
  }
}

Deno.test("defaults stand in for what is unset, empty or blank", () => {
  const defaults = { CAMERA_URL, STREAM_ID: "default", FPS: 30, CODEC: "auto", TOKEN: "" };
  assert.deepEqual(readSettings(SETTINGS, { CAMERA_URL }), defaults);
  const blank = { CAMERA_URL, STREAM_ID: "", FPS: "  ", CODEC: undefined, TOKEN: "\n" };
  assert.deepEqual(readSettings(SETTINGS, blank), defaults);
});

Deno.test("what is set is taken, without the space around it, as its own type", () => {
  const env = { CAMERA_URL: ` ${CAMERA_URL} `, FPS: "60", CODEC: "h264", TOKEN: "12345678" };
  assert.deepEqual(readSettings(SETTINGS, { ...env, STREAM_ID: "door", OTHER: "ignored" }), {
    CAMERA_URL,
    STREAM_ID: "door",
    FPS: 60,
    CODEC: "h264",
    TOKEN: "12345678",
  });
});

Deno.test("all problems come at once: the name, what was given, what is allowed", () => {
  assert.deepEqual(problemsOf({ STREAM_ID: "Front Door", FPS: "61", CODEC: "vp8" }), [
    "CAMERA_URL: not set; allowed: an rtsp:// or rtsps:// URL",
    'STREAM_ID: given "Front Door"; allowed: small letters',
    'FPS: given "61"; allowed: a whole number from 1 to 60',
    'CODEC: given "vp8"; allowed: one of auto, h264, jpeg',
  ]);
});

Deno.test("the error's message has every problem and says where settings come from", () => {
  const expected = {
    name: "SettingsError",
    message: "2 settings are missing or wrong:\n" +
      "  CAMERA_URL: not set; allowed: an rtsp:// or rtsps:// URL\n" +
      '  FPS: given "0"; allowed: a whole number from 1 to 60\n' +
      "Settings come from the environment or from .env; .env.example lists them all.",
  };
  assert.throws(() => readSettings(SETTINGS, { FPS: "0" }), expected);
  assert.throws(
    () => readSettings(SETTINGS, {}),
    /^SettingsError: 1 setting is missing or wrong:\n/,
  );
});

Deno.test("of secrets no more is shown than the setting says", () => {
  const env = { CAMERA_URL: "http://admin:hunter2@cam", TOKEN: "short" };
  const problems = problemsOf(env).join("\n");
  assert.match(problems, /^CAMERA_URL: given http:\/\/\*\*\*@cam; allowed: /m);
  assert.match(problems, /^TOKEN: given a value not shown here; allowed: 8 to 4096 printable/m);
  for (const secret of ["hunter2", "admin", "short"]) assert.ok(!problems.includes(secret), secret);
});

Deno.test("integers are whole, plain and within their bounds", () => {
  for (const FPS of ["1", "060", "60"]) assert.deepEqual(problemsOf({ CAMERA_URL, FPS }), []);
  for (const FPS of ["0", "61", "-5", "1.5", "1e1", "0x1f", "30fps", "9".repeat(30)]) {
    assert.equal(problemsOf({ CAMERA_URL, FPS }).length, 1, FPS);
  }
});

Deno.test("secrets are 8 to 4096 printable characters without spaces", () => {
  for (const TOKEN of ["x".repeat(8), "!".repeat(4096)]) {
    assert.deepEqual(problemsOf({ CAMERA_URL, TOKEN }), []);
  }
  for (const TOKEN of ["x".repeat(7), "x".repeat(4097), "with a space", "ümlauts!!"]) {
    assert.equal(problemsOf({ CAMERA_URL, TOKEN }).length, 1, TOKEN);
  }
});

Deno.test("the defaults that .env.example shows are as they would be written there", () => {
  assert.deepEqual(
    Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]),
    [["CAMERA_URL", undefined], ["STREAM_ID", "default"], ["FPS", "30"], ["CODEC", "auto"], [
      "TOKEN",
      "",
    ]],
  );
});

Deno.test("loadDotEnv fills in what is unset, leaves what is set, and needs no file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  const [fresh, set] = ["PORTHOLE_TEST_FRESH", "PORTHOLE_TEST_SET"];
  try {
    process.env[set] = "from the environment";
    await Deno.writeTextFile(path, `${fresh}="from the file"\n${set}=from the file\n`);
    loadDotEnv(path);
    assert.equal(process.env[fresh], "from the file");
    assert.equal(process.env[set], "from the environment");
    loadDotEnv(`${path}.missing`);
  } finally {
    delete process.env[fresh];
    delete process.env[set];
    await Deno.remove(path);
  }
});

Deno.test("readEnvironment asks for the names it is given, the environment before the file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".env" });
  const [fresh, set, other] = ["PORTHOLE_TEST_FRESH", "PORTHOLE_TEST_SET", "PORTHOLE_TEST_OTHER"];
  try {
    process.env[set] = "from the environment";
    await Deno.writeTextFile(path, `${fresh}=from the file\n${set}=from the file\n${other}=x\n`);
    assert.deepEqual(readEnvironment([fresh, set, "PORTHOLE_TEST_NEITHER"], path), {
      [fresh]: "from the file",
      [set]: "from the environment",
      PORTHOLE_TEST_NEITHER: undefined,
    });
    assert.equal(process.env[fresh], undefined, "the environment is left as it is");
    assert.deepEqual(readEnvironment([set], `${path}.missing`), { [set]: "from the environment" });
  } finally {
    delete process.env[set];
    await Deno.remove(path);
  }
});

Deno.test("a secret may come from a file that the environment names", async () => {
  const path = await Deno.makeTempFile();
  const names = ["PUBLISH_TOKEN", "STREAM_ID"];
  try {
    await Deno.writeTextFile(path, "from-a-file\n");
    process.env["PUBLISH_TOKEN_FILE"] = path;
    process.env["STREAM_ID_FILE"] = path;
    const none = "/nowhere/.env";
    assert.deepEqual(readEnvironment(names, none), {
      PUBLISH_TOKEN: "from-a-file",
      STREAM_ID: undefined,
    });
    assert.deepEqual(environmentNames(names), [
      "PUBLISH_TOKEN",
      "PUBLISH_TOKEN_FILE",
      "STREAM_ID",
    ]);
    process.env["PUBLISH_TOKEN"] = "from-the-environment";
    assert.equal(readEnvironment(names, none)["PUBLISH_TOKEN"], "from-the-environment");
    process.env["PUBLISH_TOKEN"] = " ";
    process.env["PUBLISH_TOKEN_FILE"] = `${path}.missing`;
    assert.throws(
      () => readEnvironment(names, none),
      /PUBLISH_TOKEN_FILE: \S+\.missing cannot be read/,
    );
  } finally {
    for (const name of ["PUBLISH_TOKEN", "PUBLISH_TOKEN_FILE", "STREAM_ID_FILE"]) {
      delete process.env[name];
    }
    await Deno.remove(path);
  }
});
