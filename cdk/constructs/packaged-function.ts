import { join } from 'node:path';
import { IgnoreMode } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import {
  Architecture,
  Code,
  DockerImageCode,
  DockerImageFunction,
  type FunctionOptions,
  LayerVersion,
  Runtime,
  Function as ZipFunction,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { HANDLER } from '#functions/remove-background/bundle.ts';
import { modelPlace, runtimePlace } from '#layers/places.ts';
import type { Shipment } from '../shipment.ts';
import { modelsOf, type StageSettings } from '../stage-settings.ts';

type Packaging = Pick<StageSettings, 'packaging' | 'architecture' | 'model' | 'escalate' | 'baseImage'>;

export interface PackagedFunctionOptions {
  readonly settings: Packaging;
  readonly shipment: Shipment;
  /** What is the same for both packagings. */
  readonly options: FunctionOptions;
}

/** The function, as a container image or as a .zip with two layers: the same files either way. */
export function packagedFunction(scope: Construct, id: string, props: PackagedFunctionOptions): ZipFunction {
  return props.settings.packaging === 'zip' ? zipFunction(scope, id, props) : imageFunction(scope, id, props);
}

function imageFunction(scope: Construct, id: string, { settings, shipment, options }: PackagedFunctionOptions) {
  const { architecture, model, escalate, baseImage } = settings;
  const parts = ['Dockerfile', 'function', runtimePlace(architecture), ...modelsOf(settings).map(modelPlace)];
  const code = DockerImageCode.fromImageAsset(shipment.folder, {
    ...onlyThese(parts),
    platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    buildArgs: {
      ARCHITECTURE: architecture,
      MODEL: model,
      ...(escalate === undefined ? {} : { ESCALATE: escalate }),
      ...(baseImage === undefined ? {} : { BASE_IMAGE: baseImage }),
    },
  });
  return new DockerImageFunction(scope, id, { ...options, code, architecture: lambdaArchitecture(architecture) });
}

function zipFunction(scope: Construct, id: string, { settings, shipment, options }: PackagedFunctionOptions) {
  const { architecture } = settings;
  const models = modelsOf(settings);
  const compatible = {
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    compatibleArchitectures: [lambdaArchitecture(architecture)],
  };
  const runtimeLayer = new LayerVersion(scope, 'RuntimeLayer', {
    ...compatible,
    description: 'onnxruntime-node and sharp',
    code: Code.fromAsset(join(shipment.folder, runtimePlace(architecture))),
  });
  const modelLayer = new LayerVersion(scope, 'ModelLayer', {
    ...compatible,
    description: models.length === 1 ? `The model ${models[0]}` : `The models ${models.join(' and ')}`,
    // What lies below `opt` here lies below /opt on AWS.
    code: Code.fromAsset(join(shipment.folder, 'opt'), onlyThese(models.map((model) => `models/${model}`))),
  });
  return new ZipFunction(scope, id, {
    ...options,
    runtime: Runtime.NODEJS_24_X,
    architecture: lambdaArchitecture(architecture),
    code: Code.fromAsset(join(shipment.folder, 'function')),
    handler: HANDLER,
    layers: [runtimeLayer, modelLayer],
  });
}

/** Other models and processors may lie beside what is shipped. */
function onlyThese(parts: readonly string[]) {
  return { exclude: ['*', ...parts.map((part) => `!${part}`)], ignoreMode: IgnoreMode.DOCKER };
}

function lambdaArchitecture(architecture: Packaging['architecture']): Architecture {
  return architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
}
