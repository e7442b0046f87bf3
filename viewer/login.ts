import { element, setText } from "./dom.ts";
import { icon } from "./icons.ts";

export interface LoginOptions {
  /** Why one has to log in (again), in a sentence. */
  readonly notice: string;
  /** Tries what was typed; returns why it did not do, or `undefined` when it did. */
  readonly onTry: (typed: string) => Promise<string | undefined>;
}

/** Where a person types the password, or pastes a token. */
export class Login {
  readonly element = element("form", "login");
  readonly #options: LoginOptions;
  readonly #field = element("input", "login-field");
  readonly #button = element("button", "login-button", "Log in");
  readonly #problem = element("p", "login-problem");

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#field.type = "password";
    this.#field.id = "credentials";
    this.#field.name = "password";
    this.#field.autocomplete = "current-password";
    this.#field.required = true;
    this.#problem.id = "login-problem";
    this.#problem.role = "alert";
    this.#field.setAttribute("aria-describedby", this.#problem.id);
    const label = element("label", "login-label", "Password or token");
    label.htmlFor = this.#field.id;
    const notice = element("p", "login-notice", this.#options.notice);
    notice.role = "status";
    this.element.append(
      icon("porthole"),
      element("h1", "", "Log in to watch"),
      notice,
      label,
      this.#field,
      this.#problem,
      this.#button,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#try();
    });
  }

  /** Call when it is in the page. */
  focus(): void {
    this.#field.focus();
  }

  async #try(): Promise<void> {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    setText(this.#button, "Logging in…");
    const problem = await this.#options.onTry(this.#field.value);
    this.#button.disabled = false;
    setText(this.#button, "Log in");
    if (problem === undefined) return;
    setText(this.#problem, problem);
    this.#field.ariaInvalid = "true";
    this.#field.select();
    this.focus();
  }
}
