import { Dialog } from './dialog.tsx';
import { isHelping, words } from './state.ts';

/** Every key there is, by where it works. */
export function Help() {
  const { value: w } = words;
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [
      w.gallery,
      [
        ['← ↑ ↓ →', w.keys.move],
        ['Enter', w.keys.open],
      ],
    ],
    [
      w.review,
      [
        ['A', w.approve],
        ['R', w.refuse],
        ['J', w.next],
        ['K', w.previous],
        ['U', w.undo],
        ['T', w.tryAnother],
        ['B', w.brush],
        ['Esc', w.back],
      ],
    ],
    [
      w.view,
      [
        ['C', w.keys.mode],
        ['M', w.modes.mask],
        ['Z', w.keys.zoom],
        ['G', w.ground],
      ],
    ],
    [
      w.brush,
      [
        ['← ↑ ↓ →', w.keys.brush],
        [w.keys.space, w.keys.paint],
        ['X', `${w.restore} / ${w.erase}`],
        ['[ ]', w.brushSize],
      ],
    ],
  ];
  return (
    <Dialog title={w.shortcuts} class="keys" onClose={() => (isHelping.value = false)}>
      {groups.map(([title, keys]) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
