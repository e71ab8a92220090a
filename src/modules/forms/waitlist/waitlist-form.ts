/** The form by which people come onto the waitlist. */
export const waitlistForm = "waitlist";
