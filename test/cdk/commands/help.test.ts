import { expect, test } from 'vitest';
import { makeProgram } from '#cdk/commands/program.ts';

test('every command says with an example how it is used', () => {
  const help = new Map<string, string>();
  for (const command of makeProgram().commands) {
    let text = '';
    command.configureOutput({
      writeOut: (part) => {
        text += part;
      },
    });
    command.outputHelp();
    help.set(command.name(), text);
  }

  expect([...help.keys()]).toEqual(expect.arrayContaining(['run', 'submit', 'status', 'report', 'estimate', 'deploy']));
  const without = [...help].filter(([, text]) => !/^Examples?:\n {2}(cutline|npx)/m.test(text));
  expect(without.map(([name]) => name)).toEqual([]);
});
