import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Whether an element is seen, or nearly. */
export function useOnScreen(place: RefObject<Element | null>): Signal<boolean> {
  const seen = useSignal(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => seen.value = entries.at(-1)!.isIntersecting);
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return seen;
}
