// Who there is and which token is whose: the file that `hearken-bench prepare` writes.

import { readFileSync } from 'node:fs';

const CREATED_AT = 1572522995;
const ROLE_IDS = { admin: 1, supervisor: 2, agent: 3 };

/** Reads the people file: everybody by token and by id, each with the dictionary that clients are shown. */
export function readPeople(path) {
  const { desk } = JSON.parse(readFileSync(path, 'utf8'));
  const byToken = new Map();
  const byId = new Map();
  const add = (entry, role) => {
    const person = { id: entry.id, role, isStaff: role !== 'visitor', shown: shown(entry, role, desk.organisation) };
    byToken.set(entry.token, person);
    byId.set(person.id, person);
  };
  for (const entry of desk.visitors) add(entry, 'visitor');
  for (const entry of desk.agents) add(entry, 'agent');
  for (const entry of desk.supervisors) add(entry, 'supervisor');
  return {
    byId,
    holderOf: (authorization) => byToken.get(authorization?.replace(/^Bearer /, '')),
  };
}

function shown(entry, role, organisation) {
  const both = { id: entry.id, email: entry.email, created_at: CREATED_AT, updated_at: null, disabled: false };
  if (role === 'visitor') return { ...both, name: entry.name, is_anonymous: false };
  return { ...both, full_name: entry.name, display_name: null, organisation_id: organisation, role_id: ROLE_IDS[role] };
}
