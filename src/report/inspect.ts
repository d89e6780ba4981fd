/** What model files hold, one or two of them, as text and as JSON: re-exports only. */
export { type Comparison, compareJson, compareText, type TensorComparison } from './compare.ts';
export { type Inspection, inspectJson, inspectText, type TensorReport } from './inspect-file.ts';
