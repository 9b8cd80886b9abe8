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
];

/** What remove.bg calls shadows, with our own names for them: a product's falls below its outline, a car's lies on the ground. */
const SHADOW_TYPES: Readonly<Record<string, 'contact' | 'drop'>> = {
  contact: 'contact',
  drop: 'drop',
  auto: 'drop',
  '3D': 'contact',
  car: 'contact',
};

/** Lets a person who knows remove.bg use the names it has. They are not in the help: one name an option is enough there. */
export function addOptionAliases(command: Command): Command {
  for (const { flag, option, read } of ALIASES) {
    const alias = new Option(flag).hideHelp().argParser(read);
    command.addOption(alias);
    command.on(`option:${alias.name()}`, (text: string) => command.setOptionValueWithSource(option, read(text), 'cli'));
  }
  return addShadowAliases(command);
}

function addShadowAliases(command: Command): Command {
  command.addOption(new Option('--shadow-type <type>').hideHelp().choices(Object.keys(SHADOW_TYPES)));
  command.on('option:shadow-type', (type: string) =>
    command.setOptionValueWithSource('shadow', SHADOW_TYPES[type], 'cli'),
  );
  command.addOption(new Option('--add-shadow').hideHelp());
  // Whichever comes first, a type that is named wins.
  command.on('option:add-shadow', () => {
    if (command.getOptionValue('shadow') === undefined) command.setOptionValueWithSource('shadow', 'drop', 'cli');
  });
  return command;
}
