import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { words } from './state.ts';
import { addFiles } from './uploads.ts';

/** Takes photos that are dropped anywhere on the page. */
export function DropTarget() {
  const isOver = useSignal(false);
  useEffect(() => {
    // Entering a child leaves its parent, so both are counted.
    let depth = 0;
    const follow = (by: number) => (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      depth = Math.max(0, depth + by);
      isOver.value = depth > 0;
    };
    const enter = follow(1);
    const leave = follow(-1);
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      isOver.value = false;
      void addFiles([...(event.dataTransfer?.files ?? [])]);
    };
    document.addEventListener('dragenter', enter);
    document.addEventListener('dragleave', leave);
    document.addEventListener('dragover', over);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragenter', enter);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('dragover', over);
      document.removeEventListener('drop', drop);
    };
  }, []);
  return isOver.value ? <div class="drop-veil">{words.value.dropHere}</div> : null;
}
