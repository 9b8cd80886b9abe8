import type { FastifyRequest } from 'fastify';
import { ApiError, invalid, tooLarge } from './api-error.ts';
import { shown } from './parameter-values.ts';

/** What a request carries, whichever way it was written. */
export interface Form {
  /** Text, by parameter name. */
  readonly values: ReadonlyMap<string, string>;
  /** Whole files, by parameter name; their own names are never looked at. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface FormLimits {
  /** Of a photo. */
  readonly maxBytes: number;
  /** Of a whole request. */
  readonly maxBodyBytes: number;
}

const FILE_NAMES: ReadonlySet<string> = new Set(['image_file', 'bg_image_file']);
/** Each parameter once, and some to spare for an error that names them. */
const MOST_PARTS = 32;

/** A request may hold a photo as base64, which takes four bytes for three, and some text. */
export function formLimits(maxBytes: number): FormLimits {
  return { maxBytes, maxBodyBytes: Math.ceil((maxBytes * 4) / 3) + 65_536 };
}

/**
 * Reads a request's parameters: `multipart/form-data`, `application/json` or `application/x-www-form-urlencoded`.
 *
 * @throws {ApiError} 400 or 413.
 */
export async function readForm(request: FastifyRequest, limits: FormLimits): Promise<Form> {
  if (request.isMultipart()) return await readMultipart(request, limits);
  const { body } = request;
  if (body instanceof URLSearchParams) return { values: uniqueValues(body), files: new Map() };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw malformed('Expected parameters as multipart/form-data, JSON or a form, got a body without any');
  }
  return { values: uniqueValues(Object.entries(body).filter(([, value]) => value !== null)), files: new Map() };
}

export function malformed(detail: string, options?: ErrorOptions): ApiError {
  return new ApiError(400, { code: 'malformed_request', title: 'Malformed request', detail }, options);
}

async function readMultipart(request: FastifyRequest, limits: FormLimits): Promise<Form> {
  const overflow = Promise.withResolvers<never>();
  let received = 0;
  request.raw.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > limits.maxBodyBytes) overflow.reject(tooLarge(limits.maxBytes));
  });
  return await Promise.race([readParts(request, limits).catch(asMalformed), overflow.promise]);
}

/** The parser's own errors carry no status, but they are always about what was sent. */
function asMalformed(error: unknown): never {
  if (error instanceof ApiError || (error instanceof Error && 'statusCode' in error)) throw error;
  throw malformed('Expected a well-formed multipart/form-data body, got one that breaks off or has no such parts', {
    cause: error,
  });
}

async function readParts(request: FastifyRequest, { maxBytes, maxBodyBytes }: FormLimits): Promise<Form> {
  const values: [string, unknown][] = [];
  const files = new Map<string, Buffer>();
  const parts = request.parts({
    limits: { fileSize: maxBytes, fieldSize: maxBodyBytes, fieldNameSize: 100, parts: MOST_PARTS, headerPairs: 20 },
    // Whatever a client calls the type of a photo, its bytes are no text.
    isPartAFile: (field, type, name) =>
      name !== undefined || type === 'application/octet-stream' || FILE_NAMES.has(field ?? ''),
  });
  for await (const part of parts) {
    if (part.type === 'field') {
      if (part.valueTruncated) throw tooLarge(maxBytes);
      values.push([part.fieldname, part.value]);
      continue;
    }
    const bytes = await part.toBuffer();
    if (!FILE_NAMES.has(part.fieldname)) {
      throw malformed(`Expected a file as ${[...FILE_NAMES].join(' or ')} only, got one as ${shown(part.fieldname)}`);
    }
    if (files.has(part.fieldname)) throw givenTwice(part.fieldname);
    // What a browser sends for a file that nobody chose.
    if (bytes.length > 0) files.set(part.fieldname, bytes);
  }
  return { values: uniqueValues(values), files };
}

function uniqueValues(entries: Iterable<[string, unknown]>): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of entries) {
    if (values.has(name)) throw givenTwice(name);
    if (typeof value === 'object' || typeof value === 'undefined') {
      throw malformed(`Expected text, a number, true or false for ${shown(name)}, got ${typeof value}`);
    }
    values.set(name, String(value));
  }
  return values;
}

function givenTwice(name: string): ApiError {
  return invalid(shown(name).slice(1, -1), `Expected ${shown(name)} once, got it several times`);
}
