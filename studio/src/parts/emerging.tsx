import { useEffect, useRef } from "preact/hooks";

/**
 * A picture that changes: each new one is decoded out of sight and then faded in over the last. Where they come faster
 * than they can be shown, only the newest is. Without `alt`, what is around it has said what it is.
 */
export function Emerging({ url, alt }: { readonly url: string; readonly alt: string }) {
  const layers = [useRef<HTMLImageElement>(null), useRef<HTMLImageElement>(null)] as const;
  const state = useRef({ front: 0, busy: false, wanted: url, shown: "" });

  useEffect(() => {
    state.current.wanted = url;
    void advance();
  }, [url]);

  async function advance(): Promise<void> {
    const now = state.current;
    if (now.busy) return;
    now.busy = true;
    while (now.shown !== now.wanted) {
      const next = now.wanted;
      const back = layers[1 - now.front as 0 | 1]?.current;
      const front = layers[now.front as 0 | 1]?.current;
      if (!back || !front) break;
      back.src = next;
      const decoded = await back.decode().then(() => true, () => false);
      now.shown = next;
      if (!decoded) continue;
      back.classList.add("in");
      front.classList.remove("in");
      now.front = 1 - now.front;
    }
    now.busy = false;
  }

  return (
    <div class="emerging" {...(alt ? { role: "img" as const, "aria-label": alt } : { "aria-hidden": true })}>
      <img ref={layers[0]} alt="" />
      <img ref={layers[1]} alt="" />
    </div>
  );
}
