import { render } from "preact";
import { followLink } from "./state/route.ts";
import { beginSession } from "./state/session.ts";
import { App } from "./views/app.tsx";

void beginSession();
document.addEventListener("click", followLink);
const root = document.getElementById("studio")!;
root.replaceChildren();
render(<App />, root);
