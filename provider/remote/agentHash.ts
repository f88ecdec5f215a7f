/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "e9093662e495d81c10691228799e2b981671f3a290bb6179b632c5ae3c0fa76f";
