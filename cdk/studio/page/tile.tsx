import { Component } from 'preact';
import type { Item } from '../protocol.ts';
import { addressOf } from './api.ts';
import { standingOf } from './filter.ts';
import { Picture } from './picture.tsx';
import { language, words } from './state.ts';
import { shareText } from './texts.ts';

/** Height of what stands under a tile's picture. */
export const CAPTION_PX = 52;

interface TileProps {
  readonly item: Item;
  readonly index: number;
  readonly isSelected: boolean;
  readonly onFocus: (index: number) => void;
  readonly onOpen: () => void;
  readonly onSelect: (isSelected: boolean) => void;
}

/** One photo of the gallery. Drawn again only when it is another one, or looks different. */
export class Tile extends Component<TileProps> {
  #language = language.peek();

  override shouldComponentUpdate({ item, index, isSelected }: TileProps): boolean {
    const { props } = this;
    const isSame = item === props.item && index === props.index && isSelected === props.isSelected;
    return !isSame || this.#language !== language.peek();
  }

  override render({ item, index, isSelected, onFocus, onOpen, onSelect }: TileProps) {
    this.#language = language.value;
    const { value: w } = words;
    const standing = standingOf(item);
    const name = item.key.slice(item.key.lastIndexOf('/') + 1);
    return (
      <article class={`tile ${standing} ${isSelected ? 'chosen' : ''}`}>
        <button
          type="button"
          class="face"
          data-index={index}
          aria-label={`${w.open(item.key)}, ${w.standings[standing]}`}
          onFocus={() => onFocus(index)}
          onClick={onOpen}
        >
          {item.outputs.length > 0 ? (
            <Picture class="ground" address={addressOf.output(item, 0, 'thumb')} text="" />
          ) : (
            <Picture class="plain-ground" address={addressOf.photo(item, 'thumb')} text="" />
          )}
        </button>
        <input
          type="checkbox"
          aria-label={w.select(item.key)}
          checked={isSelected}
          onChange={({ currentTarget }) => onSelect(currentTarget.checked)}
        />
        <p class="name" title={item.key}>
          <bdi>{name}</bdi>
        </p>
        <p class="standing">
          <span class="state">{w.standings[standing]}</span>
          {item.confidence !== null && <span class="quiet"> {shareText(item.confidence)}</span>}
        </p>
      </article>
    );
  }
}
