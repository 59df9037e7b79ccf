import "./without_wsl_probe.ts";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { ask, startTransfer } from "../../testing/client.ts";
import { ServerProcess } from "../../testing/server_process.ts";
import { testWhere } from "../../testing/test_where.ts";

const PLACES = [
  Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const executablePath = PLACES.find((path) => existsSync(path));

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long anything may take that a page waits for, in milliseconds: a loaded machine is slow. */
const PATIENCE_MS = 180_000;

/** Why there is no browser, for the name of a skipped test; null when there is one. */
export const NO_BROWSER = executablePath ? null : `no Chromium at ${PLACES[0]}; set CHROMIUM to its path`;

/** Opens the system's Chromium. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath!, args: ARGUMENTS });
}

/** Where the visit is to. */
export interface VisitSettings {
  /** Beside those that a server has on this machine. */
  readonly env?: Readonly<Record<string, string>>;
  /** Origin that pages may ask, too: of who signs people in. */
  readonly issuer?: string;
  /** What it needs beside a browser and is not here; null where all is. */
  readonly missing?: string | null;
}

/** A server with an engine and nothing in its store, and a browser to look at it. */
export class Visit implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly #browser: Browser;
  readonly #issuer: string | undefined;
  /** What no page may do: ask another host, break its own policy, throw. */
  readonly #complaints: string[] = [];

  private constructor(server: ServerProcess, browser: Browser, issuer?: string) {
    this.server = server;
    this.#browser = browser;
    this.#issuer = issuer;
  }

  static async begin({ env = {}, issuer }: VisitSettings = {}): Promise<Visit> {
    return new Visit(await ServerProcess.start({ env }), await openBrowser(), issuer);
  }

  /** A new page of a person who has not been here before. */
  async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("request", (request) => {
      const url = new URL(request.url());
      const known = [this.server.url, this.#issuer];
      if (url.protocol.startsWith("http") && !known.includes(url.origin)) this.#complaints.push(`asked ${url}`);
    });
    page.on("pageerror", (error) => this.#complaints.push(error.message));
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) this.#complaints.push(message.text());
    });
    await page.goto(this.server.url + path);
    return page;
  }

  /** Ends the server without warning, and brings it back to the same address. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.server.kill();
    await meanwhile();
    await this.server.startAgain();
  }

  /** Asks the API beside the studio. */
  // deno-lint-ignore no-explicit-any -- whatever was selected
  async ask(query: string, variables: object = {}): Promise<any> {
    return await ask(this.server.url, query, variables);
  }

  /** Starts a transfer of samples beside the studio. @param token Of whom, where anybody is asked. @returns its id. */
  async start(options: Readonly<Record<string, unknown>>, token?: string): Promise<string> {
    const styles = [{ image: { sample: "starry-swirls" } }];
    const input = { content: { sample: "mountain-lake" }, styles, preset: "FAST", size: 64, ...options };
    return await startTransfer(this.server.url, input, token ? { authorization: `Bearer ${token}` } : {});
  }

  get complaints(): readonly string[] {
    return this.#complaints;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Where a picture is chosen: the one that is painted, or those whose style it gets. */
export function picker(page: Page, name: "Paint this" | "In the style of"): Locator {
  return page.getByRole("region", { name });
}

/** The paintings of the gallery. */
export function paintings(page: Page): Locator {
  return page.getByRole("list", { name: "Paintings" }).getByRole("listitem");
}

/** A file as a person has it. */
export interface BroughtFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Uint8Array;
}

/** Drops files onto a place, or pastes them there. */
export async function bringTo(place: Locator, way: "drop" | "paste", files: readonly BroughtFile[]): Promise<void> {
  const sent = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toBase64() }));
  await place.evaluate((node, { way, sent }) => {
    const data = new DataTransfer();
    for (const { name, mimeType, base64 } of sent) {
      data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: mimeType }));
    }
    const event = way === "paste"
      ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
      : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
    node.dispatchEvent(event);
  }, { way, sent });
}

/** Waits until a picture whose address begins so is seen, wholly loaded and in front of what was there before. */
export async function seePicture(within: Page | Locator, beginning: string): Promise<void> {
  const pictures = within.locator(`img[src^="${beginning}"]`);
  const isSeen = (images: Element[]) =>
    (images as HTMLImageElement[]).some((image) =>
      image.complete && image.naturalWidth > 0 && getComputedStyle(image).opacity === "1"
    );
  const end = Date.now() + PATIENCE_MS;
  while (!await pictures.evaluateAll(isSeen)) {
    if (Date.now() > end) throw new Error(`No picture of ${beginning} is seen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until an expression is true in the page, whose policy does not let the driver's own way of it run. */
export async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const end = performance.now() + ${PATIENCE_MS};
    (function look() {
      if (${expression}) resolve();
      else if (performance.now() > end) reject(new Error(${JSON.stringify(expression)} + " is still false"));
      else requestAnimationFrame(look);
    })();
  })`);
}

/** A test that needs a browser; without one it is skipped and its name says why. */
export function browserTest(
  name: string,
  fn: (t: Deno.TestContext, visit: Visit) => Promise<void>,
  settings: VisitSettings = {},
): void {
  testWhere(NO_BROWSER ?? settings.missing ?? null, name, async (t) => {
    await using visit = await Visit.begin(settings);
    await fn(t, visit);
    if (visit.complaints.length > 0) throw new Error(visit.complaints.join("\n"));
    // The driver keeps timers and pipes of its own.
  }, { sanitizeOps: false, sanitizeResources: false });
}
