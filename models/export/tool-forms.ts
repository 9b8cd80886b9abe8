import type { ModelManifest } from '#functions/contract/manifest.ts';
import type { InputForm } from '../photos.ts';

/** Programs that models are exported for. */
export const TOOLS = ['rembg', 'imgly'] as const;
export type Tool = (typeof TOOLS)[number];

/** What a program feeds a network and reads from it. */
export interface ToolForm {
  readonly input: InputForm & { readonly name: string };
  readonly output: {
    readonly name: string;
    /** Whether the mask must be as large as the input; otherwise any size is read. */
    readonly isInputSize: boolean;
  };
}

/** What rembg 2.0's sessions for a user's own model do, by the family whose session runs it. */
const rembgSessions = {
  u2net: {
    name: 'u2net_custom',
    size: 320,
    mean: [0.485, 0.456, 0.406] as const,
    std: [0.229, 0.224, 0.225] as const,
  },
  isnet: { name: 'dis_custom', size: 1024, mean: [0.5, 0.5, 0.5] as const, std: [1, 1, 1] as const },
};

/** The rembg session that a family's models are run by. */
export function rembgSession(family: ModelManifest['family']): (typeof rembgSessions)[keyof typeof rembgSessions] {
  return family === 'isnet' ? rembgSessions.isnet : rembgSessions.u2net;
}

/** What a program expects of a model of some family: names, size and scaling. Both feed and read float32. */
export function toolForm(tool: Tool, { family, input, output }: ModelManifest): ToolForm {
  if (tool === 'imgly') {
    const [mean, std] = [128, 256].map((value): [number, number, number] => [value, value, value]);
    return {
      input: { name: 'input', width: 1024, height: 1024, scale: 'one', mean: mean ?? [0, 0, 0], std: std ?? [1, 1, 1] },
      output: { name: 'output', isInputSize: true },
    };
  }
  const { size, mean, std } = rembgSession(family);
  return {
    input: { name: input.name, width: size, height: size, scale: 'byMax', mean: [...mean], std: [...std] },
    output: { name: output.name, isInputSize: false },
  };
}
