import assert from 'node:assert/strict';
import test from 'node:test';
import { effectOf, isSpent, targetOf, whenOf, type Fault } from './faults_reading.ts';

const fault = (members: Partial<Fault>): Fault => ({ id: 1, effect: 'cut_before_effects', concerned: 0, struck: 0, ...members });

test('a fault is named by what it concerns', () => {
	assert.equal(targetOf(fault({ on: { operation: 'SignUp' } })), 'SignUp');
	assert.equal(targetOf(fault({ on: { category: 'UserRead' } })), 'Category UserRead');
	assert.equal(targetOf(fault({ on: 'any' })), 'Every operation');
});

test('requests and effects of a fault are in words', () => {
	assert.equal(whenOf(fault({ when: { first: 1 } })), 'the next request');
	assert.equal(whenOf(fault({ when: { callers: 3 } })), 'the next 3 calls, with their retries');
	assert.equal(whenOf(fault({ when: { share: 0.25 } })), '25 % of requests');
	assert.equal(whenOf(fault({ when: 'always' })), 'every request');
	assert.equal(effectOf(fault({ effect: { exception: { code: 'LimitExceededException' } } })), 'LimitExceededException');
	assert.equal(effectOf(fault({ effect: { delay_ms: 5 } })), 'answer delayed by 5 ms');
	assert.equal(effectOf(fault({ effect: 'cut_after_effects' })), 'connection cut after it took effect');
});

test('a fault is over when it changed all its requests', () => {
	assert.equal(isSpent(fault({ when: { first: 2 }, concerned: 1 })), false);
	assert.equal(isSpent(fault({ when: { first: 2 }, concerned: 2 })), true);
	assert.equal(isSpent(fault({ when: 'always', concerned: 9 })), false);
});
