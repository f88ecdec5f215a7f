/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "9a2533d3d05e06fb08fcfab2401d5cd085f061691b862c35ad98583eecd7c9d0";
