import { useSignalEffect } from '@preact/signals';
import { type Ground, ground, ownColour, words } from './state.ts';

const GROUNDS: readonly Ground[] = ['checkers', 'white', 'black', 'own'];

/** What lies behind cutouts, everywhere on the page. */
export function GroundPicker() {
  const { value: w } = words;
  useSignalEffect(() => {
    const root = document.documentElement;
    root.setAttribute('data-ground', ground.value);
    root.style.setProperty('--own', ownColour.value);
    localStorage.setItem('ground', ground.value);
    localStorage.setItem('colour', ownColour.value);
  });
  return (
    <fieldset class="grounds">
      <legend>{w.ground}</legend>
      {GROUNDS.map((one) => (
        <label key={one} class={`swatch ${one}`} title={w.grounds[one]}>
          <input
            type="radio"
            name="ground"
            aria-label={w.grounds[one]}
            checked={ground.value === one}
            onChange={() => (ground.value = one)}
          />
        </label>
      ))}
      {ground.value === 'own' && (
        <input
          type="color"
          aria-label={w.ownColour}
          value={ownColour.value}
          onInput={({ currentTarget }) => (ownColour.value = currentTarget.value)}
        />
      )}
    </fieldset>
  );
}
