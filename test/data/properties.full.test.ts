import { test } from 'vitest';
import { damage, roundTrips } from './properties.ts';

test('many random files come back', () => roundTrips(2000));
test('every cut and every flipped bit ends in typed errors', () => damage(1));
