import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { inMegabytes } from '#layers/in-megabytes.ts';
import { UNZIPPED_LIMIT_BYTES } from '#layers/places.ts';
import { CutoutStack } from './cutout-stack.ts';
import { prepareShipment } from './shipment.ts';
import { readStageSettings, stackName } from './stage-settings.ts';

const app = new App();
try {
  const settings = readStageSettings(app.node.getAllContext());
  const shipment = await prepareShipment(settings);
  if (settings.packaging === 'zip') {
    const [size, limit] = [shipment.unzippedBytes, UNZIPPED_LIMIT_BYTES].map(inMegabytes);
    console.error(`The function and its layers take ${size} unzipped; AWS allows ${limit}.`);
  }
  const description = 'Cuts the background out of photos';
  new CutoutStack(app, stackName(settings.stage), { settings, shipment, description });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
