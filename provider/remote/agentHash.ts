/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "b7d76ab1777fc8bd467214bc8a434989e4ad32e4b810411ad2f2624a9164ba6a";
