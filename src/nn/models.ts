/** The models that have a name, as functions: re-exports only. By name: registry.ts. */
export { lenet5, lenet300, sharedLenet5 } from './models/lenet.ts';
export { resnet8, resnet20 } from './models/resnet.ts';
export { dsCnn, dsStudent, mobileNetV1 } from './models/separable.ts';
