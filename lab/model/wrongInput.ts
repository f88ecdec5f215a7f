/** What the lab was given is not what it can start from: a scenario or a file of toggles. */
export class WrongInput extends Error {}
