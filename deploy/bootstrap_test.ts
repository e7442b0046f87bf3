import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.sh", import.meta.url));
/** What the script may use of a bare system. */
const SYSTEM_TOOLS = ["sh", "cat", "sed", "dirname", "env", "mkdir", "chmod"];

const DENO_STUB = `#!/bin/sh
case $1 in --version) echo "deno 2.9.6 (stable)" ;; *) echo "ran: deno $*" ;; esac`;

/** A machine made of stubs: its PATH and home lead to nothing of the real one's. */
class BareMachine implements AsyncDisposable {
  readonly home: string;
  readonly bin: string;

  private constructor(home: string) {
    this.home = home;
    this.bin = join(home, "bin");
  }

  static async create(): Promise<BareMachine> {
    const machine = new BareMachine(await Deno.makeTempDir({ prefix: "bootstrap" }));
    await Deno.mkdir(machine.bin);
    for (const tool of SYSTEM_TOOLS) {
      const which = new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] });
      const real = which.outputSync().stdout;
      await Deno.symlink(new TextDecoder().decode(real).trim(), join(machine.bin, tool));
    }
    await machine.add("id", "#!/bin/sh\necho 0");
    return machine;
  }

  async add(command: string, script = "#!/bin/sh"): Promise<void> {
    const path = join(this.bin, command);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, script, { mode: 0o755 });
  }

  /** A package manager that puts down the commands it is asked for. */
  async addAptGet(): Promise<void> {
    await this.add(
      "apt-get",
      `#!/bin/sh
echo "apt-get $*" >> "$HOME/installed"
for package in "$@"; do
  case $package in
    ffmpeg | curl | unzip) echo '#!/bin/sh' > "$HOME/bin/$package"; chmod +x "$HOME/bin/$package" ;;
  esac
done`,
    );
  }

  async bootstrap(...args: string[]) {
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: [BOOTSTRAP, ...args],
      env: { HOME: this.home, PATH: this.bin },
      clearEnv: true,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  async installed(): Promise<string> {
    try {
      return await Deno.readTextFile(join(this.home, "installed"));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}

Deno.test("with nothing missing, nothing is installed and the task runs", async () => {
  await using machine = await BareMachine.create();
  await machine.add("deno", DENO_STUB);
  await machine.add("ffmpeg");
  await machine.addAptGet();
  assert.deepEqual(await machine.bootstrap("dev", "--port", "0"), {
    code: 0,
    stdout: "ran: deno task dev --port 0\n",
    stderr: "",
  });
  assert.equal(await machine.installed(), "");
});

Deno.test("Deno comes from npm where there is npm", async () => {
  await using machine = await BareMachine.create();
  await machine.add(
    "npm",
    `#!/bin/sh
case $1 in prefix) echo /nowhere; exit ;; esac
echo "npm $*" >> "$HOME/installed"
mkdir -p "$4/bin"
cat > "$4/bin/deno" <<'DENO'
${DENO_STUB}
DENO
chmod +x "$4/bin/deno"`,
  );
  const { code, stdout, stderr } = await machine.bootstrap("ingest");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "ran: deno task ingest\n");
  const prefix = join(machine.home, ".local");
  assert.equal(await machine.installed(), `npm install --global --prefix ${prefix} deno@2.9.6\n`);
  assert.match(stderr, /missing: deno.*\n.*installs with: npm install/);

  assert.equal((await machine.bootstrap("ingest")).stderr, "", "found again the next time");
});

Deno.test("Deno comes from its own installer where there is no npm", async () => {
  await using machine = await BareMachine.create();
  await machine.add("unzip");
  await machine.add(
    "curl",
    `#!/bin/sh
cat <<'INSTALLER'
echo "installer $*" >> "$HOME/installed"
mkdir -p "$DENO_INSTALL/bin"
cat > "$DENO_INSTALL/bin/deno" <<'DENO'
${DENO_STUB}
DENO
chmod +x "$DENO_INSTALL/bin/deno"
INSTALLER`,
  );
  const { code, stdout, stderr } = await machine.bootstrap("ingest");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "ran: deno task ingest\n");
  assert.equal(await machine.installed(), "installer -y --no-modify-path v2.9.6\n");
});

Deno.test("a Deno that is too old counts as missing", async () => {
  await using machine = await BareMachine.create();
  await machine.add("deno", "#!/bin/sh\necho 'deno 2.8.3 (stable)'");
  await machine.add("curl", "#!/bin/sh\nexit 22");
  await machine.add("unzip");
  const { code, stderr } = await machine.bootstrap("ingest");
  assert.equal(code, 1);
  assert.match(stderr, /missing: deno 2\.9 or newer/);
  assert.match(stderr, /could not fetch Deno's installer/);
});

Deno.test("FFmpeg comes from the system's packages, announced before", async () => {
  await using machine = await BareMachine.create();
  await machine.add("deno", DENO_STUB);
  await machine.addAptGet();
  const { code, stdout, stderr } = await machine.bootstrap("dev");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "ran: deno task dev\n");
  const command = "apt-get install -y --no-install-recommends ffmpeg";
  assert.equal(await machine.installed(), `apt-get update\n${command}\n`);
  assert.equal(
    stderr,
    `bootstrap: missing: ffmpeg\nbootstrap: installs with: ${command}\n`,
  );
});

Deno.test("without a package manager, what is missing is named", async () => {
  await using machine = await BareMachine.create();
  await machine.add("deno", DENO_STUB);
  const { code, stdout, stderr } = await machine.bootstrap("dev");
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /missing: ffmpeg; found none of apt-get, .* install them by hand/);
});

Deno.test("without root and sudo, the command for root is named", async () => {
  await using machine = await BareMachine.create();
  await machine.add("id", "#!/bin/sh\necho 1000");
  await machine.add("deno", DENO_STUB);
  await machine.addAptGet();
  const { code, stderr } = await machine.bootstrap("dev");
  assert.equal(code, 1);
  assert.match(stderr, /needs root, and there is no sudo/);
  assert.equal(await machine.installed(), "");
});

Deno.test("a package that does not bring its command is told", async () => {
  await using machine = await BareMachine.create();
  await machine.add("deno", DENO_STUB);
  await machine.add("apt-get");
  const { code, stderr } = await machine.bootstrap("dev");
  assert.equal(code, 1);
  assert.match(stderr, /still missing after the installation: ffmpeg/);
});

Deno.test("without a task, the usage is printed", async () => {
  await using machine = await BareMachine.create();
  const { code, stdout } = await machine.bootstrap();
  assert.equal(code, 2);
  assert.match(stdout, /^Usage: deploy\/bootstrap\.sh TASK/);
  assert.equal((await machine.bootstrap("--help")).code, 0);
});
