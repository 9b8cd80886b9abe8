import { intAttribute } from '../../onnx/attributes.ts';
import type { OpRule } from './op-rule.ts';

/** Along the channels the lists are joined; along another axis they must stay equal, so they are tied. */
export const concat: OpRule = {
  trace: (node, tracer) => {
    const lists = node.inputs.map((input) => tracer.channelsOf(input));
    const [first = []] = lists;
    const axis = intAttribute(node, 'axis', 1);
    if (axis === 1 || axis === 1 - tracer.shapeOf(node.inputs[0] ?? '').length) {
      tracer.set(node.outputs[0], lists.flat());
      return;
    }
    for (const list of lists.slice(1)) tracer.tie(first, list);
    tracer.set(node.outputs[0], first);
  },
};
