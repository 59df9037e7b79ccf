import { useEffect } from "preact/hooks";
import { picturesIn } from "../media/take_in.ts";

/**
 * Takes pictures that are pasted or dropped anywhere on the page, most likely to be repainted; the browser would leave the
 * page for one that is dropped.
 */
export function useStrayPictures(take: (files: readonly File[]) => void): void {
  useEffect(() => {
    const takeFrom = (data: DataTransfer | null) => {
      const files = picturesIn(data);
      // Not while something is painted on the one that is there.
      if (files.length > 0 && !document.querySelector("dialog[open]")) take(files);
    };
    const paste = ({ clipboardData }: ClipboardEvent) => takeFrom(clipboardData);
    const hold = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      takeFrom(event.dataTransfer);
    };
    addEventListener("paste", paste);
    addEventListener("dragover", hold);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("paste", paste);
      removeEventListener("dragover", hold);
      removeEventListener("drop", drop);
    };
  }, []);
}
