import { test } from 'vitest';
import { damage, roundTrips } from './properties.ts';

test('random files come back', () => roundTrips(50));
test('a sample of cuts and flips ends in typed errors', () => damage(97));
