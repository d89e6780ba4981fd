import { test } from 'vitest';
import { damagePacked } from './damage.ts';

test('a sample of cuts and flips of packed files ends in typed errors', () => damagePacked(41));
