import { api } from './api.ts';
import { ChoiceFields } from './choice-fields.tsx';
import { Dialog } from './dialog.tsx';
import { again, choice, explain, isAdding, selection, session, takeRun, words } from './state.ts';
import { bytesText } from './texts.ts';
import { addFiles, uploads } from './uploads.ts';

/** Asks how photos are to be cut out: new ones, or some that are there already. */
export function AddPhotos() {
  const { value: w } = words;
  const { value: keys } = again;
  const close = () => {
    isAdding.value = false;
    again.value = null;
  };
  const title = keys === null ? w.addPhotos : `${w.retrySelected} (${keys.length.toLocaleString(w.language)})`;
  return (
    <Dialog title={title} onClose={close}>
      <ChoiceFields
        now={choice.value}
        name="adding"
        canChooseModel={session.value?.canChooseModel ?? true}
        onChange={(next) => (choice.value = next)}
      />
      {keys === null ? <Files onChosen={close} /> : <Again keys={keys} onDone={close} />}
    </Dialog>
  );
}

function Files({ onChosen }: { readonly onChosen: () => void }) {
  const { value: w } = words;
  return (
    <>
      <label class="drop-field">
        <input
          type="file"
          multiple
          accept="image/*"
          onChange={({ currentTarget }) => {
            void addFiles([...(currentTarget.files ?? [])]);
            onChosen();
          }}
        />
        <b>{w.choosePhotos}</b>
        <span>{w.dropHere}</span>
        <span class="quiet">
          {w.dropHint(bytesText(session.value?.maxBytes ?? 0), session.value?.kind ?? 'folder')}
        </span>
      </label>
      <Refused />
    </>
  );
}

/** Files that were not taken, each with the reason. */
function Refused() {
  const refused = uploads.value?.refused ?? [];
  if (refused.length === 0) return null;
  return (
    <ul class="not-taken">
      {refused.map(({ name, why }) => (
        <li key={name}>
          <b>
            <bdi>{name}</bdi>
          </b>{' '}
          {why}
        </li>
      ))}
    </ul>
  );
}

function Again({ keys, onDone }: { readonly keys: readonly string[]; readonly onDone: () => void }) {
  const start = async () => {
    try {
      takeRun(await api.run(keys, choice.value));
      selection.value = new Set();
      onDone();
    } catch (error) {
      explain(error);
    }
  };
  return (
    <button type="button" class="primary" onClick={() => void start()}>
      {words.value.retrySelected}
    </button>
  );
}
