/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "095be57af61c1304badf3d343b6165605293365d050bef8653a8a55c6f7f508b";
