import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromQuery, NO_FILTERS, planOf, toQuery, type Filters, type User } from './users_search.ts';

const ana: User = { username: 'ana', status: 'CONFIRMED', enabled: true, attributes: { email: 'ana@example.com' }, groups: ['staff'] };
const ben: User = { username: 'ben', status: 'UNCONFIRMED', enabled: false, attributes: { email: 'ben@example.com', sub: 'f013' }, groups: [] };

const filters = (change: Partial<Filters>): Filters => ({ ...NO_FILTERS, ...change });

test('without filters every user is read', () => {
	assert.deepEqual(planOf(NO_FILTERS), { where: [], match: 'all' });
});

test('a text is looked for in several fields by the server', () => {
	const plan = planOf(filters({ text: ' example ' }));
	assert.equal(plan.match, 'any');
	assert.deepEqual(plan.where.map((one) => one.field), ['username', 'email', 'phone_number', 'name', 'sub']);
	assert.ok(plan.where.every((one) => one.op === 'contains' && one.value === 'example'));
	assert.equal(plan.check, undefined);
});

test('with a text, the page checks status and enabled', () => {
	const plan = planOf(filters({ text: 'example', status: 'CONFIRMED', enabled: 'true' }));
	assert.equal(plan.match, 'any');
	assert.deepEqual([ana, ben].filter(plan.check ?? (() => false)), [ana]);
});

test('without a text, the server applies status, enabled and group', () => {
	const plan = planOf(filters({ status: 'CONFIRMED', enabled: 'false', group: 'staff' }));
	assert.equal(plan.match, 'all');
	assert.equal(plan.where.length, 3);
	assert.equal(plan.check, undefined);
});

test('with a group and a text, the page checks the text', () => {
	const plan = planOf(filters({ text: 'F013', group: 'staff' }));
	assert.deepEqual(plan.where, [{ field: 'group', op: 'is', value: 'staff' }]);
	assert.deepEqual([ana, ben].filter(plan.check ?? (() => false)), [ben]);
});

test('once every user was read, the page checks texts, status and enabled', () => {
	const plan = planOf(filters({ text: 'ANA@', status: 'CONFIRMED' }), true);
	assert.deepEqual(plan.where, []);
	assert.deepEqual([ana, ben].filter(plan.check ?? (() => false)), [ana]);
	assert.equal(planOf(filters({ group: 'staff' }), true).where.length, 1);
});

test('conditions that are not complete are left out', () => {
	const plan = planOf(filters({ where: [{ field: '', op: 'is' }, { field: 'email', op: 'is', value: '' }, { field: 'email', op: 'exists' }] }));
	assert.deepEqual(plan.where, [{ field: 'email', op: 'exists' }]);
});

test('with conditions of which any is enough, the page checks the filters', () => {
	const plan = planOf(filters({ where: [{ field: 'email', op: 'contains', value: 'a' }], match: 'any', status: 'UNCONFIRMED' }));
	assert.deepEqual(plan.where.length, 1);
	assert.deepEqual([ana, ben].filter(plan.check ?? (() => false)), [ben]);
});

test('an address keeps the filters', () => {
	const all = filters({ text: 'a&b', status: 'CONFIRMED', enabled: 'true', group: 'staff', where: [{ field: 'email', op: 'exists', not: true }], match: 'any' });
	const query = Object.fromEntries(Object.entries(toQuery(all)).filter((entry): entry is [string, string] => entry[1] !== undefined));
	assert.deepEqual(fromQuery(query), all);
	assert.deepEqual(fromQuery({ where: '[{"fie' }), NO_FILTERS);
});
