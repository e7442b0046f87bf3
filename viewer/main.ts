import { Page } from "./page.ts";
import { routeOf } from "./route.ts";
import { sharedTokenIn } from "./session.ts";

const header = document.querySelector("header");
const main = document.querySelector("main");
if (header === null || main === null) throw new Error("the page has no <header>, or no <main>");

const sharedToken = sharedTokenIn(location.hash);
// At once: not into the history, a screenshot or a bookmark.
if (sharedToken !== undefined) history.replaceState(null, "", location.pathname + location.search);
void new Page(routeOf(location.search), { header, main }).start(sharedToken);
