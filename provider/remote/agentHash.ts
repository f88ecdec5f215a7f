/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "d4a46549a28a2b3e8d4817a854b151aea46e85c5661c5c6a47a143167577d528";
