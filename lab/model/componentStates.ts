/** Server components of Managed Availability. // 4.6, [PS:Set-ServerComponentState] */
export type ComponentState = "Active" | "Draining" | "Inactive";
const WORST: ComponentState[] = ["Inactive", "Draining"];

/** What ServerWideOffline does not overrule. */
const APART = ["serverwideoffline", "monitoring", "recoveryactionsenabled"];

/** Each requester has a word of its own: a component is active when none of them says otherwise. Names in any case. */
export class ComponentStates {
  private readonly words = new Map<string, Map<string, ComponentState>>();

  set(component: string, requester: string, state: ComponentState): void {
    const key = component.toLowerCase();
    const own = this.words.get(key) ?? new Map<string, ComponentState>();
    this.words.set(key, own.set(requester.toLowerCase(), state));
  }

  of(component: string): ComponentState {
    const key = component.toLowerCase();
    if (!APART.includes(key) && this.of("ServerWideOffline") === "Inactive") return "Inactive";
    const said = [...(this.words.get(key)?.values() ?? [])];
    return WORST.find((state) => said.includes(state)) ?? "Active";
  }

  /** As Get-ServerComponentState showed them, which does not say by whom. What ServerWideOffline overrules comes back with it. */
  restore(shown: { [component: string]: string }): void {
    const offline = Object.entries(shown).some(([name, state]) => name.toLowerCase() === APART[0] && state === "Inactive");
    for (const [component, state] of Object.entries(shown))
      if (!offline || APART.includes(component.toLowerCase())) this.set(component, "Maintenance", state as ComponentState);
  }
}
