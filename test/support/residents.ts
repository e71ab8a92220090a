import { migrate } from "#/kernel/db";
import type { Role } from "#/modules/accounts/tables";
import type { Place } from "./databases";
import { createPerson, type Person } from "./people";

/** People with a confirmed address whom an executable finds in its database when it starts; each is handed out once. */
export type Residents = { take(role?: Role): Person };

/** Adds them past every registration, in this order. No executable may run on the place meanwhile. */
export async function addResidents(place: Place, counts: Record<Role, number>): Promise<Residents> {
  const people: Person[] = [];
  await place.inspect(async (database) => {
    await migrate(database, () => {});
    for (const [role, count] of Object.entries(counts) as [Role, number][])
      for (let n = 0; n < count; n++)
        people.push(await createPerson({ kernel: { db: database.db } }, { role }));
  });
  return {
    take(role = "user") {
      const at = people.findIndex((person) => person.role === role);
      const [person] = at === -1 ? [] : people.splice(at, 1);
      if (!person) throw new Error(`Nobody of role ${role} is left: add more residents`);
      return person;
    },
  };
}
