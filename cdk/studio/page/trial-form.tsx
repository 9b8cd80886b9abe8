import { useSignal } from '@preact/signals';
import type { Choice, Item, Trial } from '../protocol.ts';
import { api } from './api.ts';
import { ChoiceFields } from './choice-fields.tsx';
import { choice, explain, session, words } from './state.ts';

interface TrialFormProps {
  readonly item: Item;
  readonly onTrial: (trial: Trial) => void;
}

/** Asks for another way to cut the open photo out, and waits for it. */
export function TrialForm({ item, onTrial }: TrialFormProps) {
  const { value: w } = words;
  const wanted = useSignal<Choice>(startingFrom(item));
  const isRunning = useSignal(false);
  const start = async () => {
    isRunning.value = true;
    try {
      onTrial(await api.tryOut(item.key, wanted.value));
    } catch (error) {
      explain(error);
    } finally {
      isRunning.value = false;
    }
  };
  return (
    <form
      class="trial-form"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <ChoiceFields now={wanted.value} name="trial" canChooseModel onChange={(next) => (wanted.value = next)} />
      <button type="submit" class="primary" disabled={isRunning.value}>
        {isRunning.value ? w.trialRunning : w.trialStart}
      </button>
    </form>
  );
}

/** The presets it has, and a network it does not have. */
function startingFrom({ preset, model }: Item): Choice {
  const known = new Set(session.value?.presets.map(({ id }) => id));
  const presets = preset.split(',').filter((id) => known.has(id));
  const other = session.value?.models.find(({ id, isHere }) => isHere && id !== model)?.id ?? choice.value.model;
  return { model: other, presets: presets.length > 0 ? presets : choice.value.presets, edges: null };
}
