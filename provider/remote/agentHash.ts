/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "89f565ca8bda353251ccde2f8f479f3652bb718d5d3166c1211ae1f9e8116f15";
