import type { Choice, ModelOffer } from '../protocol.ts';
import { session, words } from './state.ts';
import { bytesText, fineShareText, timeText } from './texts.ts';

interface ChoiceFieldsProps {
  readonly now: Choice;
  /** Whether the network can be chosen here. */
  readonly canChooseModel: boolean;
  /** Tells two of these on one page apart. */
  readonly name: string;
  readonly onChange: (choice: Choice) => void;
}

/** Asks how photos are to be cut out: network, presets, edges. */
export function ChoiceFields({ now, canChooseModel, name, onChange }: ChoiceFieldsProps) {
  const { value: w } = words;
  const offers = session.value;
  if (offers === null) return null;
  const edges = offers.presets.find(({ id }) => now.presets.includes(id))?.edges ?? [];
  return (
    <div class="choice">
      {canChooseModel ? (
        <fieldset class="models">
          <legend>{w.model}</legend>
          {offers.models.map((offer) => (
            <label key={offer.id}>
              <input
                type="radio"
                name={`model-${name}`}
                checked={offer.id === now.model}
                onChange={() => onChange({ ...now, model: offer.id })}
              />
              <b>{offer.id}</b>
              <span class="quiet">{modelText(offer)}</span>
            </label>
          ))}
        </fieldset>
      ) : (
        <p class="quiet">{w.modelElsewhere}</p>
      )}
      <fieldset class="chips">
        <legend>{w.preset}</legend>
        {offers.presets.map(({ id, title }) => (
          <label key={id} title={title ?? undefined}>
            <input
              type="checkbox"
              checked={now.presets.includes(id)}
              onChange={({ currentTarget }) =>
                onChange({ ...now, presets: toggled(now.presets, id, currentTarget.checked) })
              }
            />
            {id}
          </label>
        ))}
      </fieldset>
      {edges.length > 0 && (
        <label class="field">
          {w.edges}
          <select
            value={now.edges ?? ''}
            onChange={({ currentTarget }) => onChange({ ...now, edges: currentTarget.value || null })}
          >
            <option value="">{w.edgesOfPreset}</option>
            {edges.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

/** The last one cannot be switched off: something has to be made. */
function toggled(presets: readonly string[], id: string, isOn: boolean): readonly string[] {
  const others = presets.filter((one) => one !== id);
  if (isOn) return [...others, id];
  return others.length === 0 ? presets : others;
}

function modelText({ sizeBytes, isHere, expectedMs, isMeasured, quality }: ModelOffer): string {
  const { value: w } = words;
  const parts = [
    sizeBytes === null ? null : bytesText(sizeBytes),
    expectedMs === null ? null : w.aPhoto(timeText(expectedMs), isMeasured),
    quality === null ? null : w.overlap(fineShareText(quality.overlap), quality.set),
    isHere ? null : w.fetchFirst,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}
