import { useLayoutEffect } from 'preact/hooks';
import { hasShortcuts } from './state.ts';

/** Keys as browsers name them, and what they do. */
type Shortcuts = Readonly<Record<string, () => unknown>>;

/** Hears single keys while the component is there: not while somebody types, and not where a person has switched them off. */
export function useShortcuts(shortcuts: Shortcuts, isOn = true): void {
  // At once, not after the next frame: a key that is pressed as soon as the page has changed must not be lost.
  useLayoutEffect(() => {
    if (!isOn || !hasShortcuts.value) return;
    const listener = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || isBehindPanel()) return;
      const run = shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  });
}

/** A panel over the page has the keys: Escape closes it, and nothing behind it. */
function isBehindPanel(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

/** Controls that use keys themselves. */
function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea') !== null)
    return true;
  return key.startsWith('Arrow') && target.closest('input') !== null;
}
