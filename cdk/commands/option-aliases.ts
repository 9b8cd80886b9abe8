import { type Command, Option } from 'commander';
import { colour } from './flag-values.ts';

interface Alias {
  /** The flag with its value, as commander writes it. */
  readonly flag: string;
  /** The option it stands for. */
  readonly option: string;
  readonly read: (text: string) => unknown;
}

const asIs = (text: string) => text;

/** The names remove.bg gives to options that are called otherwise here. */
const ALIASES: readonly Alias[] = [
  { flag: '--bg-color <colour>', option: 'background', read: colour },
  { flag: '--bg-image <file>', option: 'backgroundImage', read: asIs },
  { flag: '--bg-image-file <file>', option: 'backgroundImage', read: asIs },
  { flag: '--shadow-type <contact|drop>', option: 'shadow', read: asIs },
];

/** Lets a person who knows remove.bg use the names it has. They are not in the help: one name an option is enough there. */
export function addOptionAliases(command: Command): Command {
  for (const { flag, option, read } of ALIASES) {
    const alias = new Option(flag).hideHelp().argParser(read);
    if (flag.startsWith('--shadow-type')) alias.choices(['contact', 'drop']);
    command.addOption(alias);
    command.on(`option:${alias.name()}`, (text: string) => command.setOptionValueWithSource(option, read(text), 'cli'));
  }
  return command;
}
