import { useSignal } from "@preact/signals";
import { pictureIn } from "../media/take_in.ts";

/**
 * What makes an element one onto which a picture can be dropped: whether one is held over it, and what it listens to.
 *
 * @param onDrop Called with the picture, or with nothing where what was dropped has none.
 */
export function useDropTarget(onDrop: (file: File | undefined) => void) {
  const over = useSignal(false);
  return {
    over: over.value,
    listeners: {
      onDragOver: (event: DragEvent) => {
        event.preventDefault();
        over.value = true;
      },
      onDragLeave: () => void (over.value = false),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        over.value = false;
        onDrop(pictureIn(event.dataTransfer));
      },
    },
  };
}
