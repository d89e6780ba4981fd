/** Version of the package; a test compares it with package.json. */
export const VERSION = '0.1.0';

/**
 * Version of the arithmetic. Raised on purpose whenever a kernel's rounding or order of summation changes, since the
 * same seed then gives other weights; it is stored in each file's lineage.
 */
export const NUMERICS_VERSION = 2;
