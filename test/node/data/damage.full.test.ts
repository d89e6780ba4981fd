import { test } from 'vitest';
import { damagePacked } from './damage.ts';

test('every cut and every flipped bit of packed files ends in typed errors', () => damagePacked(1));
