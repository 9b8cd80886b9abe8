import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CutoutStack } from './cutout-stack.ts';
import { prepareShipment } from './shipment.ts';
import { readStageSettings, stackName } from './stage-settings.ts';

const app = new App();
try {
  const settings = readStageSettings(app.node.getAllContext());
  const shipment = await prepareShipment(settings);
  const description = 'Cuts the background out of photos';
  new CutoutStack(app, stackName(settings.stage), { settings, shipment, description });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
