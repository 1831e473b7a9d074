<?php
// One session of PHP's own SoapClient: reads {wsdl or location, form, soapVersion, user, key, sku,
// noSku, set, image, changes} from standard input, writes what each step gave, and all messages, to
// standard output.

$given = json_decode(file_get_contents('php://stdin'), true);

class Client extends SoapClient
{
    public array $messages = [];

    public function __doRequest(string $request, ...$others): ?string
    {
        $answer = parent::__doRequest($request, ...$others);
        $this->messages[] = [$request, $answer];
        return $answer;
    }
}

$without = ['location' => $given['location'] ?? null, 'uri' => 'urn:Magento'];
$client = new Client($given['wsdl'] ?? null, (isset($given['wsdl']) ? [] : $without) + [
    'soap_version' => $given['soapVersion'] === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

function faultOf(callable $ask): array
{
    try {
        return ['unexpected' => $ask()];
    } catch (SoapFault $fault) {
        return ['code' => $fault->faultcode, 'message' => $fault->getMessage()];
    }
}

$media = 'catalogProductAttributeMedia';
$login = fn() => $client->login($given['user'], $given['key']);
$own = fn(string $name, ...$arguments) => $client->$name(...$arguments);

switch ($given['form']) {
    case 'v1':
        $call = fn(string $name, ...$arguments) =>
            $client->call($GLOBALS['session'], 'product_media.' . lcfirst($name), $arguments);
        break;
    case 'v2':
        $call = fn(string $name, ...$arguments) =>
            $client->{$media . $name}($GLOBALS['session'], ...$arguments);
        break;
    case 'wsi':
        $names = [
            'CurrentStore' => ['store'],
            'List' => ['productId', 'store', 'identifierType'],
            'Info' => ['productId', 'file', 'store', 'identifierType'],
            'Types' => ['setId'],
            'Create' => ['productId', 'data', 'store', 'identifierType'],
            'Update' => ['productId', 'file', 'data', 'store', 'identifierType'],
            'Remove' => ['productId', 'file', 'identifierType'],
            'endSession' => ['sessionId'],
            'resources' => ['sessionId'],
            'resourceFaults' => ['resourceName', 'sessionId'],
            'globalFaults' => ['sessionId'],
            'startSession' => [],
        ];
        $map = fn(string $name, array $arguments) =>
            array_combine(array_slice($names[$name], 0, count($arguments)), $arguments);
        $call = fn(string $name, ...$arguments) => $client->{$media . $name}(
            ['sessionId' => $GLOBALS['session']] + $map($name, $arguments)
        )->result;
        $own = fn(string $name, ...$arguments) => $client->$name($map($name, $arguments))->result;
        $login = fn() => $client->login(
            ['username' => $given['user'], 'apiKey' => $given['key']]
        )->result;
        foreach (['image', 'changes'] as $data) {
            $given[$data]['types'] = ['complexObjectArray' => $given[$data]['types']];
        }
        break;
}

$session = $login();
$steps = [];
$steps['started'] = strlen($own('startSession'));
$steps['store'] = $call('CurrentStore', 'german');
$steps['types'] = $call('Types', $given['set']);
$steps['empty'] = $call('List', $given['sku']);
$steps['created'] = $call('Create', $given['sku'], $given['image']);
$steps['listed'] = $call('List', $given['sku'], 'admin', 'sku');
$steps['updated'] = $call('Update', $given['sku'], $steps['created'], $given['changes']);
$steps['changed'] = $call('Info', $given['sku'], $steps['created']);
if ($given['form'] === 'v1') {
    $steps['several'] = $client->multiCall($session, [
        ['product_media.list', [$given['sku']]],
        ['product_media.list', $given['noSku']],
        ['product_media.currentStore'],
    ], ['break' => 1]);
}
$steps['removed'] = $call('Remove', $given['sku'], $steps['created']);
$steps['left'] = $call('List', $given['sku']);
$steps['resources'] = $own('resources', $session);
$steps['resourceFaults'] = $own('resourceFaults', 'product_media', $session);
$steps['globalFaults'] = $own('globalFaults', $session);
$steps['noProduct'] = faultOf(fn() => $call('List', $given['noSku']));
$steps['noImage'] = faultOf(fn() => $call('Remove', $given['sku'], $steps['created']));
$steps['ended'] = $own('endSession', $session);
$steps['afterwards'] = faultOf(fn() => $call('List', $given['sku']));

echo json_encode(['steps' => $steps, 'messages' => $client->messages]);
