// Leaves a response of fetch unread, and goes on for long enough to be looked at. Arguments: the server's origin, and for how long, ms.
export {};
const response = await fetch(`${process.argv[2]}/bytes/5`);
await new Promise((resolve) => setTimeout(resolve, Number(process.argv[3] ?? 1500)));
console.log(response.status);
process.exit();
