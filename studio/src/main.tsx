import { render } from "preact";
import { loadCatalogue } from "./state/catalogue.ts";
import { followLink } from "./state/route.ts";
import { App } from "./views/app.tsx";

void loadCatalogue();
document.addEventListener("click", followLink);
const root = document.getElementById("studio")!;
root.replaceChildren();
render(<App />, root);
