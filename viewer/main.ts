import { element } from "./dom.ts";
import { Player } from "./player.ts";
import { QualityChoices } from "./quality_choices.ts";
import { routeOf } from "./route.ts";
import { watchStreamList } from "./stream_list.ts";
import { Wall } from "./wall.ts";

const main = document.querySelector("main");
if (main === null) throw new Error("the page has no <main>");
const route = routeOf(location.search);
const choices = new QualityChoices();

switch (route.page) {
  case "one":
    document.title = `${route.streamId} · Porthole`;
    main.classList.add("alone");
    main.append(new Player(route.streamId, choices).element);
    break;
  case "invalid":
    main.append(invalidStream(route.streamId));
    break;
  case "all": {
    const wall = new Wall(choices);
    main.append(wall.element);
    watchStreamList(new URL("api/streams", document.baseURI), {
      onStreams: (streamIds) => wall.show(streamIds),
      onFailure: (cause) => wall.showFailure(cause),
    }, new AbortController().signal);
    break;
  }
}

function invalidStream(streamId: string): HTMLElement {
  const home = element("a", "", "See all cameras");
  home.href = ".";
  return element(
    "section",
    "empty",
    element("h1", "", "There is no such camera"),
    element("p", "", `“${streamId}” is not the name of a stream.`),
    element("p", "", home),
  );
}
