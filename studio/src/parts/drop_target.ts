import { useSignal } from "@preact/signals";
import { picturesIn } from "../media/take_in.ts";

/**
 * What makes an element one onto which pictures can be dropped: whether one is held over it, and what it listens to.
 *
 * @param onDrop Called with the pictures: none where what was dropped has none.
 */
export function useDropTarget(onDrop: (files: readonly File[]) => void) {
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
        onDrop(picturesIn(event.dataTransfer));
      },
    },
  };
}
