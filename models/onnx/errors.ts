type OnnxErrorCode =
  | 'not_onnx'
  | 'external_data'
  | 'unsupported_type'
  | 'unsupported_operator'
  | 'unsupported_opset'
  | 'bad_shape'
  | 'bad_graph';

/** An ONNX file that cannot be read, or that says something this workshop does not know. Trying again does not help. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
  readonly code: OnnxErrorCode;

  constructor(code: OnnxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
